package mongotest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// maxMessage bounds one message of the wire protocol, as the server does.
const maxMessage = 48 << 20

// Verdict is what the relay does with a command.
type Verdict int

// Verdicts.
const (
	Pass       Verdict = iota
	DropBefore         // the connection ends and the server never saw the command
	DropAfter          // the server carried it out and the connection ends before the answer: the outcome is not known
)

// Command is one command on its way to the server.
type Command struct {
	Name       string // "insert", "find", …
	Collection string
	Body       bson.Raw // without the documents of an insert, which travel beside it
}

// Relay passes whole messages between a client and the server.
type Relay struct {
	// URI is the relay's address.
	URI string

	upstream string
	gate     *sync.Mutex
	listener net.Listener
	wait     sync.WaitGroup

	mu     sync.Mutex // guards judge, conns and closed
	judge  func(Command) Verdict
	conns  map[net.Conn]struct{}
	closed bool
}

func newRelay(upstream string, gate *sync.Mutex) (*Relay, error) {
	var listen net.ListenConfig
	l, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &Relay{
		// Polling keeps to one answer for one question, which is what a relay of single commands can pass on.
		URI:      fmt.Sprintf("mongodb://%s/?directConnection=true&serverMonitoringMode=poll", l.Addr()),
		upstream: upstream, gate: gate, listener: l, conns: make(map[net.Conn]struct{}),
	}
	r.wait.Go(r.accept)
	return r, nil
}

// Judge asks about every command from now on; nil passes all. It runs before the command takes its turn, on the connection's goroutine,
// so that it may wait or talk to the server itself.
func (r *Relay) Judge(judge func(Command) Verdict) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.judge = judge
}

func (r *Relay) close() {
	r.mu.Lock()
	r.closed = true
	_ = r.listener.Close()
	for c := range r.conns {
		_ = c.Close()
	}
	r.mu.Unlock()
	r.wait.Wait()
}

// keep remembers a connection for close. It refuses once the relay is closed.
func (r *Relay) keep(c net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.conns[c] = struct{}{}
	return true
}

func (r *Relay) drop(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
	_ = c.Close()
}

func (r *Relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		if !r.keep(client) {
			_ = client.Close()
			return
		}
		r.wait.Go(func() {
			defer r.drop(client)
			r.serve(client)
		})
	}
}

func (r *Relay) serve(client net.Conn) {
	var dial net.Dialer
	server, err := dial.DialContext(context.Background(), "tcp", r.upstream)
	if err != nil || !r.keep(server) {
		return
	}
	defer r.drop(server)
	for {
		question, err := readMessage(client)
		if err != nil {
			return
		}
		verdict := r.verdict(question)
		if verdict == DropBefore {
			return
		}
		answer, err := r.ask(server, question)
		if err != nil || verdict == DropAfter {
			return
		}
		if _, err := client.Write(answer); err != nil {
			return
		}
	}
}

// ask sends one command and reads its answer, alone on the server.
func (r *Relay) ask(server net.Conn, question []byte) ([]byte, error) {
	if r.gate != nil {
		r.gate.Lock()
		defer r.gate.Unlock()
	}
	if _, err := server.Write(question); err != nil {
		return nil, err
	}
	return readMessage(server)
}

func (r *Relay) verdict(message []byte) Verdict {
	r.mu.Lock()
	judge := r.judge
	r.mu.Unlock()
	if judge == nil {
		return Pass
	}
	c, ok := parse(message)
	if !ok {
		return Pass
	}
	return judge(c)
}

func readMessage(from io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return nil, err
	}
	size := int(binary.LittleEndian.Uint32(head[:]))
	if size < 16 || size > maxMessage {
		return nil, errors.New("not a message of the wire protocol")
	}
	message := make([]byte, size)
	copy(message, head[:])
	_, err := io.ReadFull(from, message[4:])
	return message, err
}

// parse reads the body of an OP_MSG: opcode 2013, flags, then sections, of which kind 0 is the body and kind 1 a list of documents.
func parse(message []byte) (Command, bool) {
	const opMsg = 2013
	if len(message) < 21 || binary.LittleEndian.Uint32(message[12:]) != opMsg {
		return Command{}, false
	}
	for at := 20; at+5 <= len(message); {
		kind, size := message[at], int(binary.LittleEndian.Uint32(message[at+1:]))
		if size < 5 || at+1+size > len(message) {
			return Command{}, false
		}
		if kind == 0 {
			return command(bson.Raw(message[at+1 : at+1+size]))
		}
		at += 1 + size
	}
	return Command{}, false
}

func command(body bson.Raw) (Command, bool) {
	first, err := body.IndexErr(0)
	if err != nil {
		return Command{}, false
	}
	collection, _ := first.Value().StringValueOK()
	return Command{Name: first.Key(), Collection: collection, Body: body}, true
}
