package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"cinema/internal/app"
	"cinema/internal/config"
)

func healthcheckCmd() *cobra.Command {
	var address string
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask a running server whether it is ready; exit status 1 when it is not",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			client := &http.Client{Timeout: 3 * time.Second}
			req, err := http.NewRequestWithContext(c.Context(), http.MethodGet, "http://"+address+"/readyz", nil)
			if err != nil {
				return fmt.Errorf("address %q: %w", address, err)
			}
			res, err := client.Do(req)
			if err != nil {
				return fmt.Errorf("no answer: %w", err)
			}
			defer func() { _ = res.Body.Close() }() // nothing was written
			if res.StatusCode != http.StatusOK {
				return fmt.Errorf("not ready: %s", res.Status)
			}
			fmt.Fprintln(c.OutOrStdout(), "ready")
			return nil
		},
	}
	cmd.Flags().StringVar(&address, "address", net.JoinHostPort("127.0.0.1", defaultPort()), "host and port of the server")
	return cmd
}

func defaultPort() string {
	if p, err := strconv.Atoi(os.Getenv("PORT")); err == nil {
		return strconv.Itoa(p)
	}
	return "8080"
}

func openapiCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "openapi",
		Short: "Print the API contract (OpenAPI 3.1, JSON)",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			doc, err := app.OpenAPI()
			if err != nil {
				return err
			}
			var v any
			if err := json.Unmarshal(doc, &v); err != nil {
				return fmt.Errorf("contract: %w", err)
			}
			out := json.NewEncoder(c.OutOrStdout())
			out.SetIndent("", "  ")
			out.SetEscapeHTML(false)
			return out.Encode(v)
		},
	}
}

func configDocsCmd() *cobra.Command {
	return &cobra.Command{
		Use:    "config-docs",
		Short:  "Print the configuration page",
		Hidden: true,
		Args:   cobra.NoArgs,
		Run:    func(c *cobra.Command, _ []string) { fmt.Fprint(c.OutOrStdout(), config.Markdown()) },
	}
}
