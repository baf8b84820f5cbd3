package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"cinema/internal/app"
)

func seedCmd() *cobra.Command {
	var o app.SeedOptions
	cmd := &cobra.Command{
		Use:   "seed",
		Short: "Write the demonstration cinema into an empty store, or top it up",
		Long: `Write the demonstration cinema: a site, four halls, twelve films, seven days of showtimes and two weeks of sales.
Running it again tops the programme up to seven days from now and changes nothing that is there.

The store must not be in use by a running server. --reset deletes the demonstration data first; it refuses a store with sales
that are not demonstration data.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig()
			if err != nil {
				return err
			}
			return app.Seed(c.Context(), cfg, o, c.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&o.Bare, "bare", false, "write the programme alone, without sales and history")
	cmd.Flags().BoolVar(&o.Reset, "reset", false, "delete the demonstration data and write it anew")
	return cmd
}

func migrateCmd() *cobra.Command {
	var status bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the store's schema up to date (serve does this by itself)",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig()
			if err != nil {
				return err
			}
			if status {
				return app.MigrateStatus(c.Context(), cfg, c.OutOrStdout())
			}
			return app.Migrate(c.Context(), cfg, c.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&status, "status", false, "only print which migrations are applied")
	return cmd
}

func backupCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a consistent copy of the store into FILE while the server runs",
		Long: `Write a consistent copy of the store into FILE. The server may run and sell meanwhile.

To restore, stop the server, put the copy as cinema.db into an empty DATA_DIR, and start. Holds are not part of the copy; bookings that
were open when it was made are settled or released by themselves after the start.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := loadConfig()
			if err != nil {
				return err
			}
			if err := app.Backup(c.Context(), cfg, args[0]); err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), "written:", args[0])
			return nil
		},
	}
}
