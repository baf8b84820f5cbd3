// Command standin is the MongoDB stand-in of the tests: FerretDB on SQLite in the folder that its argument names, on a free loopback
// port. It prints its address on the first line and ends when its standard input does, so that it never outlives the test that started it.
// It is a module of its own: the product depends on none of it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "standin:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("usage: standin FOLDER")
	}
	// In memory, SQLite has one connection a database, which an open cursor would keep from everybody else. Nothing here outlives the
	// tests, so nothing is flushed.
	dir := url.URL{Scheme: "file", Opaque: strings.TrimSuffix(os.Args[1], "/") + "/", RawQuery: "_pragma=synchronous(0)"}
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Handler:   "sqlite",
		SQLiteURL: dir.String(),
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	if _, err := fmt.Println(server.MongoDBURI()); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	stop()
	return <-ended
}
