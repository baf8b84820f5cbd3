package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
)

const (
	fileSuffix = "_FILE"
	maxSecret  = 64 << 10 // bytes of a secret's file
	byOthers   = 0o004    // readable by everybody on the machine
)

// secretNames lists the variables that hold secrets. Each may be given as a file instead: NAME_FILE names it.
func secretNames() []string {
	var names []string
	for f := range reflect.TypeFor[Config]().Fields() {
		if f.Tag.Get("secret") == "true" {
			names = append(names, f.Tag.Get("env"))
		}
	}
	return names
}

// readSecrets puts the content of each file that a NAME_FILE variable names in the place of NAME. It returns faults, and warnings of
// files that anybody may read. No fault repeats a content.
func readSecrets(variables map[string]string) (faults, warnings []string) {
	for _, name := range secretNames() {
		path := variables[name+fileSuffix]
		if path == "" {
			continue
		}
		if variables[name] != "" {
			faults = append(faults, fmt.Sprintf("%s and %s%s are both set: keep one of them", name, name, fileSuffix))
			continue
		}
		value, mode, err := readSecret(path)
		if err != nil {
			faults = append(faults, fmt.Sprintf("%s%s: %s", name, fileSuffix, err))
			continue
		}
		if mode&byOthers != 0 {
			warnings = append(warnings, fmt.Sprintf("%s%s names a file that everybody on this machine may read (mode %04o)", name, fileSuffix, mode))
		}
		variables[name] = value
	}
	return faults, warnings
}

// readSecret reads a small regular file, without the white space around its content.
func readSecret(path string) (value string, mode os.FileMode, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", 0, reason(err)
	}
	if !info.Mode().IsRegular() { // a pipe or a device may never end
		return "", 0, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return "", 0, reason(err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	raw, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch value = strings.TrimSpace(string(raw)); {
	case err != nil:
		return "", 0, reason(err)
	case len(raw) > maxSecret:
		return "", 0, fmt.Errorf("%s is larger than 64 KB", path)
	case value == "":
		return "", 0, fmt.Errorf("%s is empty", path)
	case strings.ContainsAny(value, "\r\n\x00"):
		return "", 0, fmt.Errorf("%s has more than one line", path)
	}
	return value, info.Mode().Perm(), nil
}

// reason is an error of the file system with the path and without the name of the call.
func reason(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return fmt.Errorf("%s cannot be read: %w", p.Path, p.Err)
	}
	return err
}
