package main

import (
	"github.com/spf13/cobra"

	"cinema/internal/app"
)

// Exit codes of audit verify beside 0.
const (
	exitTampered = 1
	exitUnknown  = 2
)

// exitError is an error with an exit code of its own.
type exitError struct {
	code int
	err  error // nil: everything was said
}

// Error is what went wrong.
func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

// Unwrap is the cause.
func (e *exitError) Unwrap() error { return e.err }

func auditCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Look after the record: verify its chain, print the public key",
	}
	cmd.AddCommand(auditVerifyCmd(), auditKeyCmd(), auditAcceptCmd())
	return cmd
}

func auditVerifyCmd() *cobra.Command {
	var o app.AuditOptions
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Walk through the record and its chain and name the first entry that somebody changed",
		Long: `Walk through the record and its chain of hashes and name the first entry that somebody changed, added, moved or deleted. The server
may run meanwhile. The chain is held against every signed checkpoint: those in the store, the newest one in DATA_DIR/audit_head.json,
and those in the files that --checkpoints names.

Exit status: 0 the record is as it was written, 1 it was tampered with, 2 it could not be looked at.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig()
			if err != nil {
				return &exitError{exitUnknown, err}
			}
			whole, err := app.AuditVerify(c.Context(), cfg, o, c.OutOrStdout(), c.ErrOrStderr())
			switch {
			case err != nil:
				return &exitError{exitUnknown, err}
			case !whole:
				return &exitError{exitTampered, nil}
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&o.Checkpoints, "checkpoints", nil, "file with further checkpoints, one on each line (AUDIT_CHECKPOINT_FILE)")
	cmd.Flags().StringArrayVar(&o.Keys, "key", nil, "public key that may have signed, beside the one of AUDIT_KEY_FILE")
	cmd.Flags().Int64Var(&o.From, "from", 0, "the first link to look at (default: the one that was accepted, or 1)")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &exitError{exitUnknown, err} })
	return cmd
}

func auditAcceptCmd() *cobra.Command {
	var from int64
	var reason string
	cmd := &cobra.Command{
		Use:   "accept --reason TEXT",
		Short: "Say that from a link on the record counts again, after what is wrong before it was looked into",
		Long: `Say that from a link on the record counts again: after the store was restored from a copy, or after what somebody changed was looked into
and kept aside. The statement is signed and stays in DATA_DIR/audit_accepted.json; nothing in the record changes, and
"cinema audit verify --from 1" still tells what is wrong before.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig()
			if err != nil {
				return err
			}
			return app.AuditAccept(c.Context(), cfg, from, reason, c.OutOrStdout())
		},
	}
	cmd.Flags().Int64Var(&from, "from", 0, "the first link that counts (default: the next one)")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for whoever reads it later")
	_ = cmd.MarkFlagRequired("reason") // the flag is there
	return cmd
}

func auditKeyCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "Print the id and the public half of the key that signs checkpoints",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig()
			if err != nil {
				return err
			}
			return app.AuditKey(c.Context(), cfg, c.OutOrStdout())
		},
	}
}
