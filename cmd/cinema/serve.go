package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/joho/godotenv"
	"github.com/spf13/cobra"

	"cinema/internal/app"
	"cinema/internal/config"
)

func serveCmd() *cobra.Command {
	return &cobra.Command{
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
			return app.Serve(c.Context(), cfg, app.Options{Version: version, Stderr: c.ErrOrStderr()})
		},
	}
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
