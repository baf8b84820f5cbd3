package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/joho/godotenv"
	"github.com/spf13/cobra"

	"cinema/internal/app"
	"cinema/internal/config"
)

func serveCmd() *cobra.Command {
	var workers string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the product",
		Long: `Run the product: web app, API, seat streams and workers in one process.

SIGTERM and SIGINT end it gracefully: readiness goes off, sockets are sent away with a time to come back, work in flight is finished.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig()
			if err != nil {
				return err
			}
			if workers != "on" && workers != "off" {
				return fmt.Errorf("--workers is on or off, not %q", workers)
			}
			return app.Serve(c.Context(), cfg, app.Options{Version: version, Stderr: c.ErrOrStderr(), NoWorkers: workers == "off"})
		},
	}
	cmd.Flags().StringVar(&workers, "workers", "on", "run the workers in this process (on), or leave them to cinema worker (off)")
	return cmd
}

func workerCmd() *cobra.Command {
	var only []string
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Run the workers apart from the server, on Redis and MongoDB",
		Long: `Run the workers without serving: the sweeper of holds, the record (audit and outbox) and the reconciler. Any number of such
processes may run beside each other and beside any number of servers; each needs REDIS_ADDR and MONGO_URI.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig()
			if err != nil {
				return err
			}
			return app.Work(c.Context(), cfg, app.Options{Version: version, Stderr: c.ErrOrStderr()}, only)
		},
	}
	cmd.Flags().StringSliceVar(&only, "only", nil, "the workers to run: sweeper, audit, outbox, reconciler (default all); audit and outbox are one worker, either name runs it")
	return cmd
}

// loadConfig reads the environment, and below it the .env file of the working folder.
func loadConfig() (*config.Config, error) {
	variables, err := godotenv.Read()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New(".env cannot be read: " + err.Error())
	}
	if variables == nil {
		variables = map[string]string{}
	}
	for _, kv := range os.Environ() {
		if k, v, ok := strings.Cut(kv, "="); ok {
			variables[k] = v
		}
	}
	return config.Load(variables, app.Checks()...)
}
