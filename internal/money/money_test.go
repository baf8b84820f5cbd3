package money_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cinema/internal/money"
)

func TestAmount_String_has_the_currencys_own_digits(t *testing.T) {
	t.Parallel()
	cases := map[string]money.Amount{
		"12.50 EUR":  money.Of(1250, "EUR"),
		"0.05 EUR":   money.Of(5, "EUR"),
		"-0.05 EUR":  money.Of(-5, "EUR"),
		"-12.50 EUR": money.Of(-1250, "EUR"),
		"0.00 GBP":   money.Of(0, "GBP"),
		"1250 JPY":   money.Of(1250, "JPY"),
		"-3 JPY":     money.Of(-3, "JPY"),
		"1.250 KWD":  money.Of(1250, "KWD"),
		"0.007 KWD":  money.Of(7, "KWD"),
	}
	for want, amount := range cases {
		require.Equal(t, want, amount.String())
	}
}

func TestAmount_Add_refuses_another_currency(t *testing.T) {
	t.Parallel()
	_, err := money.Of(1, "EUR").Add(money.Of(1, "GBP"))
	require.ErrorIs(t, err, money.ErrCurrency)
	require.ErrorContains(t, err, "EUR and GBP")

	// A zero of a named currency is not the zero Amount: it keeps its currency.
	_, err = money.Of(0, "EUR").Add(money.Of(1, "GBP"))
	require.ErrorIs(t, err, money.ErrCurrency)
	_, err = money.Sum("EUR", money.Of(1, "EUR"), money.Of(2, "JPY"))
	require.ErrorIs(t, err, money.ErrCurrency)
}

func TestAmount_Add_takes_the_zero_amount_as_nothing(t *testing.T) {
	t.Parallel()
	some := money.Of(700, "GBP")
	for _, pair := range [][2]money.Amount{{some, {}}, {{}, some}} {
		got, err := pair[0].Add(pair[1])
		require.NoError(t, err)
		require.Equal(t, some, got)
	}
	none, err := money.Sum("GBP")
	require.NoError(t, err)
	require.Equal(t, money.Of(0, "GBP"), none)
}

// TestSum_conserves_money: the order of the parts never matters and nothing is lost.
func TestSum_conserves_money(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		minors := rapid.SliceOfN(rapid.Int64Range(-1_000_000, 1_000_000), 0, 20).Draw(t, "minors")
		var want int64
		parts := make([]money.Amount, len(minors))
		for i, m := range minors {
			want += m
			parts[i] = money.Of(m, "EUR")
		}
		got, err := money.Sum("EUR", parts...)
		require.NoError(t, err)
		require.Equal(t, money.Of(want, "EUR"), got)

		shuffle := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		shuffle.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		again, err := money.Sum("EUR", parts...)
		require.NoError(t, err)
		require.Equal(t, got, again)
	})
}
