package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// bashCompletion is a script that completes commands, flags and the values of flags that have a fixed set of them; files
// where anything else may stand.
func bashCompletion(app *kong.Application) string {
	var b strings.Builder
	b.WriteString(`# Made by "patchbot manual bash": do not edit.
_patchbot() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= i
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi
	for ((i = 1; i < COMP_CWORD; i++)); do
		case "$command ${COMP_WORDS[i]}" in
`)
	for _, n := range visible(app.Node) {
		fmt.Fprintf(&b, "\t\t\"%s\") command=\"%s\" ;;\n", pattern(n), pattern(n))
	}
	b.WriteString("\t\tesac\n\tdone\n\tlocal words= values=\n\tcase \"$command\" in\n")
	fmt.Fprintf(&b, "\t\"\")\n\t\twords=%q\n\t\t;;\n", words(app.Node))
	for _, n := range visible(app.Node) {
		fmt.Fprintf(&b, "\t\"%s\")\n\t\twords=%q\n", pattern(n), words(n))
		if cases := valueCases(n); cases != "" {
			b.WriteString("\t\tcase $prev in\n" + cases + "\t\tesac\n")
		}
		b.WriteString("\t\t;;\n")
	}
	b.WriteString(`	esac
	if [[ -n $values ]]; then
		COMPREPLY=($(compgen -W "$values" -- "$cur"))
	elif [[ $cur == -* || -z $command ]] || [[ " hook store " == *" ${command# } "* ]]; then
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -o bashdefault -F _patchbot patchbot
`)
	return b.String()
}

// visible are all commands below n that are not hidden, groups before what they hold.
func visible(n *kong.Node) []*kong.Node {
	var out []*kong.Node
	for _, c := range n.Children {
		if !c.Hidden {
			out = append(append(out, c), visible(c)...)
		}
	}
	return out
}

// pattern is the way to a command, each step behind a blank.
func pattern(n *kong.Node) string { return " " + commandName(n) }

// words are what may follow a command: its commands and its flags, those of every command included.
func words(n *kong.Node) string {
	var all []string
	for _, c := range n.Children {
		if !c.Hidden {
			all = append(all, c.Name)
		}
	}
	for at := n; at != nil; at = at.Parent {
		for _, f := range flagsOf(at) {
			all = append(all, "--"+f.Name)
		}
	}
	return strings.Join(all, " ")
}

func valueCases(n *kong.Node) string {
	text := ""
	for _, f := range flagsOf(n) {
		if f.Enum == "" {
			continue
		}
		values := strings.Trim(strings.Join(strings.Split(f.Enum, ","), " "), " ")
		text += fmt.Sprintf("\t\t--%s) values=%q ;;\n", f.Name, values)
	}
	return text
}
