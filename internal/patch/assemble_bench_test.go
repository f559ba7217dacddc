package patch

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"
)

// archive makes n mails of one author: series of a cover letter and three parts, each with a v2 in its thread, and single
// patches that share their titles, as a wiki's history has them.
func archive(n int) []*Mail {
	var mails []*Mail
	add := func(id string, at time.Duration, subject, answers, change string) {
		mails = append(mails, classified(mailText(id, start.Add(at), subject, answers, change, "")))
	}
	for i := 0; len(mails) < n; i++ {
		at := time.Duration(i) * 3 * time.Hour
		for v := 1; v <= 2; v++ {
			id, thread := fmt.Sprintf("s%d.%d", i, v), ""
			if v == 2 {
				thread = fmt.Sprintf("s%d.1.0 ", i)
			}
			add(id+".0", at, fmt.Sprintf("[PATCH x v%d 0/3] Pages %d", v, i), thread, "")
			for k := 1; k <= 3; k++ {
				add(fmt.Sprintf("%s.%d", id, k), at+time.Duration(k)*time.Second, fmt.Sprintf("[PATCH x v%d %d/3] page%d: Update", v, k, k),
					thread+id+".0", fmt.Sprintf("p%d.md:%d..%d", k, i, i+v))
			}
			at += time.Hour
		}
		add(fmt.Sprintf("u%d", i), at, "[PATCH x] index.md: Update", "", fmt.Sprintf("index.md:%d..%d", i, i+1))
	}
	return mails
}

// BenchmarkAssembleFlood has one author flood one thread with what looks like one patch again and again; the cost of a mail
// must not grow with their number.
func BenchmarkAssembleFlood(b *testing.B) {
	for name, subject := range map[string]string{
		"one diff, many titles": "[PATCH x] title %d", "resent": "[RESEND PATCH x] title %d", "resent versions": "[RESEND PATCH x v%d] title",
		"one part": "[PATCH x 2/3] title %d", "many versions": "[PATCH x v%d 1/2] title",
	} {
		for _, n := range []int{500, 4000} {
			b.Run(fmt.Sprint(name, "/", n), func(b *testing.B) {
				mails := []*Mail{classified(mailText("root", start, "[PATCH x] title", "", "a.md:1..2", ""))}
				for i := range n {
					mails = append(mails, classified(mailText(fmt.Sprint("m", i), start.Add(time.Duration(i)*time.Minute), fmt.Sprintf(subject, i), "root", "a.md:1..2", "")))
				}
				for b.Loop() {
					Assemble(mails)
				}
				b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(n), "ns/mail")
			})
		}
	}
}

// BenchmarkAssemble shows how the cost grows with the set, as a multiple of hashing the mails.
func BenchmarkAssemble(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			mails := archive(n)
			floor := time.Hour
			for range 5 {
				start := time.Now()
				for _, m := range mails {
					sha256.Sum256(m.Raw)
				}
				floor = min(floor, time.Since(start))
			}
			b.ReportAllocs()
			for b.Loop() {
				Assemble(mails)
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(max(floor, 1)), "x-sha256")
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(n), "ns/mail")
		})
	}
}
