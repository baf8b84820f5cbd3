package account_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
)

func TestLabel(t *testing.T) {
	t.Parallel()
	const webkit = " AppleWebKit/537.36 (KHTML, like Gecko) "
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64)" + webkit + "Chrome/141.0.0.0 Safari/537.36":                                      "Chromium on Linux",
		"Mozilla/5.0 (X11; Linux x86_64)" + webkit + "HeadlessChrome/141.0.0.0 Safari/537.36":                              "Chromium on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + webkit + "Chrome/141.0.0.0 Safari/537.36 Edg/141.0":                  "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26 Safari/605.1": "Safari on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Version/26 Mobile Safari/604.1":       "Safari on iOS",
		"Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) CriOS/141 Safari/604.1":                                             "Chromium on iPadOS",
		"Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0":                                             "Firefox on Android",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)" + webkit + "Chrome/141.0 Safari/537.36":                                 "Chromium on ChromeOS",
		"curl/8.5.0":                    "curl",
		"SmartTV (Linux)":               "Something on Linux",
		"":                              "Unknown",
		"<script>alert(1)</script>\r\n": "Unknown",
		strings.Repeat("x", 5000) + "Firefox/1 Linux": "Unknown",
	} {
		got := account.Label(agent)
		require.Equal(t, want, got, agent)
		require.LessOrEqual(t, len(got), account.MaxLabel)
	}
}
