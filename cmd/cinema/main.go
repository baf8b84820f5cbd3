// Command cinema is the whole product in one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the zones of the cinemas, for machines and images that have none

	"github.com/spf13/cobra"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := root().ExecuteContext(ctx); err != nil {
		code := 1
		if e, ok := errors.AsType[*exitError](err); ok {
			code = e.code
		}
		if text := err.Error(); text != "" {
			fmt.Fprintln(os.Stderr, "cinema:", text)
		}
		stop()
		os.Exit(code)
	}
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cinema",
		Short: "Sells cinema seats: programme, live seat maps, bookings and tickets in one binary",
		Long: `cinema is a ticketing system for cinemas in one binary.

With no services around it, it keeps its data in a SQLite file under DATA_DIR and its holds in memory.
Every setting is an environment variable (docs/configuration.md); a .env file in the working folder is read when present.

  APP_ENV=development DEMO_DATA=on cinema serve     a demonstration cinema on http://localhost:8080`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.AddCommand(serveCmd(), workerCmd(), seedCmd(), migrateCmd(), backupCmd(), copyCmd(), auditCmd(), healthcheckCmd(), openapiCmd(), configDocsCmd(), versionCmd())
	return cmd
}

func versionCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run:   func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), version) },
	}
}
