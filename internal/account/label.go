package account

import "strings"

// maxAgent bounds how much of a User-Agent header is looked at, in bytes.
const maxAgent = 512

// mark is a word of the User-Agent header and what it stands for.
type mark struct{ word, name string }

// browsers in the order of asking: most of them also call themselves Chrome and Safari.
var browsers = [...]mark{
	{"Edg", "Edge"},
	{"OPR/", "Opera"},
	{"SamsungBrowser/", "Samsung Internet"},
	{"Firefox/", "Firefox"},
	{"FxiOS/", "Firefox"},
	{"Chrome/", "Chromium"},
	{"CriOS/", "Chromium"},
	{"Chromium/", "Chromium"},
	{"Safari/", "Safari"},
	{"curl/", "curl"},
	{"Go-http-client/", "Go program"},
	{"python", "Python program"},
}

// systems in the order of asking: Android also says Linux, phones of Apple also say Mac OS X.
var systems = [...]mark{
	{"Android", "Android"},
	{"iPhone", "iOS"},
	{"iPad", "iPadOS"},
	{"Windows", "Windows"},
	{"CrOS", "ChromeOS"},
	{"Mac OS X", "macOS"},
	{"Macintosh", "macOS"},
	{"Linux", "Linux"},
}

// Label tells what a User-Agent header is, coarsely: "Chromium on Linux". It is made of words from here alone, so that nothing a
// client writes is shown to anybody.
func Label(agent string) string {
	agent = agent[:min(len(agent), maxAgent)]
	browser, system := named(agent, browsers[:]), named(agent, systems[:])
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "":
		return browser
	case system != "":
		return "Something on " + system
	default:
		return "Unknown"
	}
}

func named(agent string, marks []mark) string {
	for _, m := range marks {
		if strings.Contains(agent, m.word) {
			return m.name
		}
	}
	return ""
}
