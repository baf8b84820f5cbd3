package demo

import (
	"fmt"
	"strings"

	"cinema/internal/account"
	"cinema/internal/booking"
	"cinema/internal/ident"
)

// person is somebody who does not exist. Addresses are of the domain that is reserved for examples.
type person struct {
	id   ident.User
	name string
}

func (p person) customer() booking.Customer { return booking.Customer{Name: p.name, Email: p.email()} }

func (p person) email() string {
	return strings.ToLower(strings.NewReplacer(" ", ".", "'", "").Replace(p.name)) + "@example.com"
}

func (p person) user() account.User {
	return account.User{ID: p.id, Email: p.email(), Name: p.name, Verified: true, Granted: account.RoleUser}
}

func people() []person {
	first := []string{"Ada", "Bram", "Cleo", "Dov", "Esme", "Farid", "Greta", "Hugo", "Imke", "Jonas", "Kezia", "Lev"}
	last := []string{"Ashdown", "Brackwell", "Corrow", "Dunmere", "Eddowes"}
	var out []person
	for _, l := range last {
		for _, f := range first {
			out = append(out, person{id: ident.User(fmt.Sprintf("usr_demo_%s-%s", strings.ToLower(f), strings.ToLower(l))), name: f + " " + l})
		}
	}
	return out
}
