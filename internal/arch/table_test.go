package arch_test

// line is a layer; lineMay says which lines below it each may import freely.
type line string

const (
	leaf       line = "leaf"       // vocabulary: standard library alone
	domain     line = "domain"     // features: rules and ports
	technology line = "technology" // engines, stores, providers behind ports
	edgeLine   line = "edge"       // HTTP and the embedded pages
	config     line = "config"     // the environment, read once
	root       line = "root"       // wiring
	command    line = "command"    // binaries
	suite      line = "suite"      // conformance suites of ports, for _test.go files
	proof      line = "proof"      // whole-system tests and figures
)

var lineNames = []string{
	string(leaf), string(domain), string(technology), string(edgeLine), string(config),
	string(root), string(command), string(suite), string(proof),
}

var lineMay = map[line][]line{
	leaf:       {},
	domain:     {leaf},
	technology: {leaf, domain},
	edgeLine:   {leaf, domain},
	config:     {leaf},
	root:       {leaf, domain, technology, edgeLine, config, root},
	command:    {config, root},
	suite:      {leaf, domain},
	proof:      {leaf, domain, technology, edgeLine, config, root},
}

// guardedStandard are the packages of the standard library that need permission like a driver:
// they belong to the edge or to a store, and creep into features easily.
var guardedStandard = []string{"net/http", "net/http/httptest", "database/sql", "database/sql/driver", "os/exec", "net/rpc", "testing"}

// lineLibraries are the external libraries that a whole line may use.
var lineLibraries = map[line][]string{
	domain:     {"golang.org/x/sync"},
	technology: {"golang.org/x/sync"},
	edgeLine:   {"net/http", "golang.org/x/sync"},
	root:       {"net/http", "golang.org/x/sync"},
	suite:      {"testing", "github.com/stretchr/testify", "github.com/google/go-cmp", "pgregory.net/rapid", "go.uber.org/goleak", "golang.org/x/sync"},
	proof:      {"testing", "net/http", "os/exec", "github.com/stretchr/testify", "github.com/coder/websocket", "golang.org/x/sync"},
}

// place puts a package on a line, with the edges and libraries that it alone may have.
type place struct {
	line      line
	also      []string // own packages beyond what the line may import
	libraries []string // external libraries beyond the line's
}

// table places every package. Peers among features are named one by one, so that no cycle of meaning grows.
var table = map[string]place{
	"internal/fault":     {line: leaf},
	"internal/clock":     {line: leaf},
	"internal/ident":     {line: leaf, libraries: []string{"github.com/google/uuid"}},
	"internal/money":     {line: leaf, libraries: []string{"github.com/bojanz/currency"}},
	"internal/lifecycle": {line: leaf},

	"internal/catalog":        {line: domain},
	"internal/catalog/poster": {line: domain},
	"internal/account":        {line: domain, libraries: []string{"github.com/golang-jwt/jwt/v5"}},
	"internal/audit":          {line: domain, also: []string{"internal/hold", "internal/booking"}},
	"internal/avatar":         {line: domain},
	"internal/payment":        {line: domain},
	"internal/idem":           {line: domain},
	"internal/ratelimit":      {line: domain},
	"internal/hold":           {line: domain, also: []string{"internal/catalog"}},
	"internal/live":           {line: domain, also: []string{"internal/hold"}},
	"internal/privacy": {line: domain, also: []string{
		"internal/account", "internal/audit", "internal/booking", "internal/catalog", "internal/hold", "internal/idem",
	}},
	"internal/ticket": {
		line:      domain,
		also:      []string{"internal/catalog"},
		libraries: []string{"rsc.io/qr", "codeberg.org/go-pdf/fpdf", "github.com/arran4/golang-ical"},
	},
	"internal/booking": {line: domain, also: []string{
		"internal/hold", "internal/payment", "internal/ticket", "internal/catalog", "internal/account",
	}},

	"internal/hold/holdmem":   {line: technology},
	"internal/hold/holdredis": {line: technology, also: []string{"internal/redisconn"}, libraries: []string{"github.com/redis/rueidis"}},
	"internal/ratelimit/ratelimitredis": {
		line: technology, also: []string{"internal/redisconn"}, libraries: []string{"github.com/redis/rueidis"},
	},
	"internal/egress":            {line: technology, libraries: []string{"net/http"}},
	"internal/redisconn":         {line: technology, libraries: []string{"github.com/redis/rueidis"}},
	"internal/payment/paymock":   {line: technology},
	"internal/store":             {line: technology},
	"internal/store/storesqlite": {line: technology, also: []string{"internal/store"}, libraries: []string{"database/sql", "modernc.org/sqlite", "github.com/pressly/goose/v3"}},
	"internal/store/storecopy":   {line: technology, also: []string{"internal/store"}},
	"internal/store/storemongo":  {line: technology, also: []string{"internal/store"}, libraries: []string{"go.mongodb.org/mongo-driver/v2"}},
	"internal/telemetry": {
		line: technology, also: []string{"internal/store"}, libraries: []string{"net/http", "github.com/prometheus/client_golang", "go.opentelemetry.io/otel"},
	},

	"internal/oidc": {line: technology, libraries: []string{"net/http", "github.com/coreos/go-oidc/v3", "golang.org/x/oauth2"}},

	"internal/httpapi": {line: edgeLine, libraries: []string{
		"github.com/gin-gonic/gin", "github.com/gin-contrib/cors", "github.com/danielgtaylor/huma/v2", "github.com/lxzan/gws",
		"github.com/golang-jwt/jwt/v5", "rsc.io/qr", "codeberg.org/go-pdf/fpdf", "github.com/arran4/golang-ical",
	}},
	"web": {line: edgeLine},

	"internal/config": {line: config, libraries: []string{"github.com/caarlos0/env/v11"}},
	// Demonstration data is made through the features' own services, never by SQL.
	"internal/demo": {line: root},
	"internal/app":  {line: root},

	// What a release is made of; it reads builds and knows nothing of the product.
	"internal/supply": {line: technology},
	"cmd/supply":      {line: command, also: []string{"internal/supply"}},

	"cmd/cinema": {line: command, libraries: []string{"github.com/spf13/cobra", "github.com/joho/godotenv", "net/http"}},

	"internal/hold/holdtest":           {line: suite},
	"internal/ratelimit/ratelimittest": {line: suite},
	"internal/mongotest":               {line: suite, libraries: []string{"os/exec", "go.mongodb.org/mongo-driver/v2"}},
	"internal/redistest":               {line: suite, libraries: []string{"os/exec"}},
	"internal/store/storetest":         {line: suite, also: []string{"internal/store"}},
	"internal/payment/paytest":         {line: suite},
	"internal/oidc/oidctest":           {line: suite, libraries: []string{"net/http", "github.com/golang-jwt/jwt/v5"}},

	"internal/arch":      {line: proof},
	"test/rush":          {line: proof},
	"test/bench":         {line: proof},
	"test/bench/nothing": {line: proof, libraries: []string{"github.com/gin-gonic/gin", "github.com/golang-jwt/jwt/v5"}},
	"test/blackbox":      {line: proof, libraries: []string{"go.mongodb.org/mongo-driver/v2"}},
	"test/operations":    {line: proof, libraries: []string{"go.opentelemetry.io/proto/otlp", "google.golang.org/protobuf"}},
	"test/harness":       {line: proof},
}
