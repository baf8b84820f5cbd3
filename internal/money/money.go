// Package money is amounts in integer minor units with their ISO 4217 currency. There are no floats.
package money

import (
	"errors"
	"fmt"
)

// Amount is a sum in the currency's own minor unit: cents for EUR, yen for JPY, fils (thousandths) for KWD.
type Amount struct {
	Minor    int64
	Currency string // ISO 4217, three upper-case letters
}

// ErrCurrency says that two amounts of different currencies were combined.
var ErrCurrency = errors.New("different currencies")

// Of makes an amount.
func Of(minor int64, currency string) Amount { return Amount{Minor: minor, Currency: currency} }

// Add sums two amounts of one currency. The zero Amount adds to any currency.
func (a Amount) Add(b Amount) (Amount, error) {
	if a == (Amount{}) {
		return b, nil
	}
	if b == (Amount{}) {
		return a, nil
	}
	if a.Currency != b.Currency {
		return Amount{}, fmt.Errorf("%w: %s and %s", ErrCurrency, a.Currency, b.Currency)
	}
	return Amount{Minor: a.Minor + b.Minor, Currency: a.Currency}, nil
}

// Sum adds amounts of one currency.
func Sum(currency string, parts ...Amount) (Amount, error) {
	total := Amount{Currency: currency}
	for _, p := range parts {
		t, err := total.Add(p)
		if err != nil {
			return Amount{}, err
		}
		total = t
	}
	return total, nil
}

// Exponent tells how many decimal digits the currency's minor unit has: 2 unless ISO 4217 says otherwise.
func Exponent(currency string) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	default:
		return 2
	}
}

// String gives a plain form for logs and documents without a locale: "12.50 EUR".
func (a Amount) String() string {
	exp := Exponent(a.Currency)
	if exp == 0 {
		return fmt.Sprintf("%d %s", a.Minor, a.Currency)
	}
	scale := int64(1)
	for range exp {
		scale *= 10
	}
	sign, m := "", a.Minor
	if m < 0 {
		sign, m = "-", -m
	}
	return fmt.Sprintf("%s%d.%0*d %s", sign, m/scale, exp, m%scale, a.Currency)
}
