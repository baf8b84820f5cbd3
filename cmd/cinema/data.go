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

func copyCmd() *cobra.Command {
	var o app.CopyOptions
	cmd := &cobra.Command{
		Use:   "copy --from ADDRESS --to ADDRESS",
		Short: "Move everything from one store into another, empty one, and compare them",
		Long: `Move everything from one store into another, empty one, and compare them row by row.

An address is sqlite:FOLDER (a DATA_DIR) or mongodb://…. No server may use either store meanwhile. An interrupted copy goes on where
it ended when the same command is given again; until then the target refuses to serve. A target that is not empty is refused.

  cinema copy --from sqlite:./data --to "mongodb://localhost:27017/cinema?replicaSet=rs0"`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return app.Copy(c.Context(), o, c.OutOrStdout()) },
	}
	cmd.Flags().StringVar(&o.From, "from", "", "the store to read")
	cmd.Flags().StringVar(&o.To, "to", "", "the empty store to write")
	cmd.Flags().BoolVar(&o.AllowStandalone, "allow-standalone", false, "accept a MongoDB that is no replica set, for tests")
	cmd.MarkFlagsRequiredTogether("from", "to")
	cmd.MarkFlagsOneRequired("from")
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
