// Command supply tells what a build is made of: it checks the licences, and writes the bill of materials and the notices of a release.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"cinema/internal/supply"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "supply:", err)
		os.Exit(1)
	}
}

// run does what the arguments say: licences, bill or notices, then the flags.
func run(args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("want licences, bill or notices")
	}
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	var s supply.Sources
	var r supply.Release
	f.StringVar(&s.Binary, "binary", "bin/cinema", "the built product")
	f.StringVar(&s.ModCache, "modcache", "", "the module cache: go env GOMODCACHE")
	f.StringVar(&s.GoRoot, "goroot", "", "the Go that built it: go env GOROOT")
	f.StringVar(&s.Web, "web", "web", "the folder of the pages' sources")
	f.StringVar(&r.Version, "version", "dev", "version of the release")
	f.StringVar(&r.Target, "target", "", "system/machine of the binary")
	f.StringVar(&r.When, "when", "", "time of the release, RFC 3339")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	r.Binary = s.Binary
	_, parts, err := supply.Read(s)
	if err != nil {
		return err
	}
	if err := supply.Check(parts); err != nil {
		return err
	}
	switch args[0] {
	case "licences":
		return report(out, parts)
	case "bill":
		return supply.Bill(out, r, parts)
	case "notices":
		return supply.Notices(out, r.Version, parts)
	default:
		return fmt.Errorf("no %q: want licences, bill or notices", args[0])
	}
}

// report counts the shipped parts by licence.
func report(out io.Writer, parts []supply.Part) error {
	count, order := map[string]int{}, []string{}
	total := 0
	for _, p := range parts {
		if !p.Shipped {
			continue
		}
		total++
		if count[p.Licence]++; count[p.Licence] == 1 {
			order = append(order, p.Licence)
		}
	}
	lines := make([]string, len(order))
	for i, l := range order {
		lines[i] = fmt.Sprintf("%s %d", l, count[l])
	}
	_, err := fmt.Fprintf(out, "%d parts are shipped, all under permissive licences: %s\n", total, strings.Join(lines, ", "))
	return err
}
