// Package review makes a [Report] of a series, judges it, and puts it into words.
//
// Its law: the report is complete before a word is written, and the words depend on nothing else. The same report and the
// same options give the same bytes, in the mail, on the terminal and in JSON; a [Verdict] is a pure function of the report.
//
// It refuses to know mailboxes, databases and clocks: what is time-dependent (the Date of a reply, whether a link answers)
// comes in as a value. What could not be checked is "unchecked", and trouble of the machine is "not reviewed"; neither is
// ever held against the author.
package review
