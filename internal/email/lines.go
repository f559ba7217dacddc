package email

import "strings"

// dropTransportCRs makes the line ends of decoded text LF, and keeps every CR that is content.
//
// Transport ends lines in CR LF, and gateways may add one more CR; a patch to a file with CR LF lines has CRs of its own.
// The lines that make up a diff's skeleton ("diff --git", "@@ -") tell the two apart, because git never writes a CR on
// them: as many CRs as all of those lines end in belong to transport, and so many are cut from every line that has them.
// Text without such lines loses the CRs that all its CR lines share, when most of its lines end in CR LF.
func dropTransportCRs(text string) string {
	if strings.IndexByte(text, '\r') < 0 {
		return text
	}
	crs := transportCRs(text)
	if crs == 0 {
		return text
	}
	var out strings.Builder
	out.Grow(len(text))
	for rest := text; rest != ""; {
		line, next, terminated := strings.Cut(rest, "\n")
		rest = next
		if !terminated {
			out.WriteString(line)
			break
		}
		for i := 0; i < crs && strings.HasSuffix(line, "\r"); i++ {
			line = line[:len(line)-1]
		}
		out.WriteString(line)
		out.WriteByte('\n')
	}
	return out.String()
}

// transportCRs returns how many CRs at the end of each line are not content.
func transportCRs(text string) int {
	skeleton, shared, lines, ended := -1, -1, 0, 0
	for rest := text; rest != ""; {
		full, next, terminated := strings.Cut(rest, "\n")
		rest = next
		if !terminated {
			break
		}
		lines++
		line := strings.TrimRight(full, "\r")
		crs := len(full) - len(line)
		if crs > 0 {
			ended++
			if shared < 0 || crs < shared {
				shared = crs
			}
		}
		if isSkeleton(line) && (skeleton < 0 || crs < skeleton) {
			skeleton = crs
		}
	}
	if skeleton >= 0 {
		return skeleton
	}
	if ended*2 > lines {
		return shared
	}
	return 0
}

func isSkeleton(line string) bool {
	return strings.HasPrefix(line, "diff --git ") || strings.HasPrefix(line, "@@ -")
}
