package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"cinema/internal/account"
)

const (
	leeway     = time.Minute // between the clocks of the provider and ours
	maxToken   = 16 << 10
	maxSubject = 255 // characters, by the standard
)

// person are the claims that are read. A profile claim of a wrong kind is as good as none; it must not keep anybody out.
type person struct {
	Nonce    string          `json:"nonce"`
	Party    string          `json:"azp"`
	AuthTime json.RawMessage `json:"auth_time"`
	Email    json.RawMessage `json:"email"`
	Verified json.RawMessage `json:"email_verified"`
	Name     json.RawMessage `json:"name"`
	Picture  json.RawMessage `json:"picture"`
}

// redeem changes the code for a token and reads who the person is.
func (p *Provider) redeem(ctx context.Context, meta *metadata, l *letter, code string) (account.Identity, time.Time, error) {
	none := account.Identity{}
	call := &note{}
	asking := context.WithValue(goidc.ClientContext(ctx, p.discovery.http), noteKey{}, call)
	answer, err := p.config(meta).Exchange(asking, code, oauth2.VerifierOption(l.Verifier))
	if err != nil {
		if call.failure != nil {
			err = call.failure
		}
		return none, time.Time{}, fmt.Errorf("exchange: %w", err)
	}
	raw, _ := answer.Extra("id_token").(string)
	if raw == "" || len(raw) > maxToken {
		return none, time.Time{}, errors.New("the answer holds no usable id token")
	}
	token, err := p.verify(ctx, meta, raw)
	if err != nil {
		return none, time.Time{}, err
	}
	var who person
	if err := token.Claims(&who); err != nil {
		return none, time.Time{}, errors.New("the id token's claims cannot be read")
	}
	if err := p.check(token, &who, l, answer.AccessToken); err != nil {
		return none, time.Time{}, err
	}
	at, err := p.proved(token, &who, l)
	if err != nil {
		return none, time.Time{}, err
	}
	email := text(who.Email)
	return account.Identity{
		Issuer: p.o.Issuer, Subject: token.Subject, Email: email, Verified: email != "" && truth(who.Verified),
		Name: text(who.Name), Picture: text(who.Picture),
	}, at, nil
}

// verify checks signature, algorithm, issuer, audience and end of a token. When no key fits, the provider may have moved its keys:
// its document is looked at again, once.
func (p *Provider) verify(ctx context.Context, meta *metadata, raw string) (*goidc.IDToken, error) {
	keys := &note{}
	token, err := meta.verifier.Verify(context.WithValue(ctx, noteKey{}, keys), raw)
	if err == nil || keys.failure == nil {
		return token, err
	}
	if _, away := errors.AsType[*unreachable](keys.failure); away {
		return nil, fmt.Errorf("the provider's keys: %w", keys.failure)
	}
	again, missing := p.discovery.newer(ctx, p.o.Clock.Now().Add(-keysAge))
	if missing != nil || again == meta {
		return nil, err
	}
	return again.verifier.Verify(ctx, raw)
}

// check makes the checks that the library leaves to its user.
func (p *Provider) check(token *goidc.IDToken, who *person, l *letter, access string) error {
	now := p.o.Clock.Now()
	switch {
	case subtle.ConstantTimeCompare([]byte(who.Nonce), []byte(l.Nonce)) != 1:
		return errors.New("the nonce is not that of the attempt")
	case len(token.Audience) > 1 && who.Party == "", who.Party != "" && who.Party != p.o.ClientID:
		return errors.New("the id token was issued to another party")
	case token.IssuedAt.After(now.Add(leeway)):
		return errors.New("the id token was issued in the future")
	case token.IssuedAt.Before(l.at.Add(-leeway)):
		return errors.New("the id token is older than the attempt")
	case !isSubject(token.Subject):
		return errors.New("the id token names nobody")
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(access); err != nil {
			return errors.New("the id token belongs to another access token")
		}
	}
	return nil
}

// proved is when the person proved who he is; zero when the provider does not tell. Google never tells by default: a step-up there
// counts from the moment at which the person chose the account.
func (p *Provider) proved(token *goidc.IDToken, who *person, l *letter) (time.Time, error) {
	if len(who.AuthTime) == 0 || string(who.AuthTime) == "null" {
		if l.StepUp && p.o.Issuer == google {
			return token.IssuedAt, nil
		}
		return time.Time{}, nil
	}
	var seconds float64
	if err := json.Unmarshal(who.AuthTime, &seconds); err != nil || seconds <= 0 || seconds > math.MaxInt32*2 {
		return time.Time{}, errors.New("auth_time is no time")
	}
	at := time.Unix(int64(seconds), 0)
	if now := p.o.Clock.Now(); at.After(now) {
		if at.After(now.Add(leeway)) {
			return time.Time{}, errors.New("auth_time is in the future")
		}
		at = now
	}
	return at, nil
}

func isSubject(s string) bool {
	return s != "" && len(s) <= maxSubject && !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII || unicode.IsControl(r) })
}

// text is a claim that should be a string; anything else is none.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// truth is a claim that should be a boolean. Some providers write it as a string.
func truth(raw json.RawMessage) bool {
	var b bool
	if json.Unmarshal(raw, &b) == nil {
		return b
	}
	return text(raw) == "true"
}
