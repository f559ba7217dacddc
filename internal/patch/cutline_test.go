package patch

import "testing"

func TestJoinCutLines(t *testing.T) {
	const head = "diff --git a/a.md b/a.md\nindex 1111111..2222222 100644\n--- a/a.md\n+++ b/a.md\n@@ -1 +1 @@\n-x\n"
	const long = "+a line that is long enough to be broken by many a mailer"
	for _, test := range []struct{ name, diff, want string }{
		{"whole", head + long + "\n-- \n2.39.5\n", ""},
		{"broken", head + long + "\nand its rest\n-- \n2.39.5\n", head + long + " and its rest\n-- \n2.39.5\n"},
		{"broken twice", head + long + "\nand its rest\nand more\n-- \n2.39.5\n", head + long + " and its rest and more\n-- \n2.39.5\n"},
		{"blank kept", head + long + " \nand its rest", head + long + " and its rest\n"},
		{"in the first of two files", head + long + "\nand its rest\n" + head + "+y\n", head + long + " and its rest\n" + head + "+y\n"},
		{"short line", head + "+y\nwords behind\n", ""},
		{"empty line between", head + long + "\n\nwords behind\n", ""},
		{"footer of a list", head + long + "\n____\nlist\n", ""},
		{"no diff", "words", ""},
	} {
		got, cut := JoinCutLines(test.diff)
		if cut != (test.want != "") || cut && got != test.want || !cut && got != test.diff {
			t.Errorf("%s: %t\n%s", test.name, cut, got)
		}
	}
}
