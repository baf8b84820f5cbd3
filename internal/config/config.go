// Package config is every setting of the product: one struct, its defaults, and one check that reports every fault at once.
package config

import (
	"log/slog"
	"time"
)

// Config is read from the environment. The doc tags make docs/configuration.md; secret values are masked when printed.
type Config struct {
	Env            string     `env:"APP_ENV" envDefault:"production" doc:"development or production. Development opens conveniences (sign-in without a provider, test cards, plain-http cookies on loopback) and must never face the public."`
	Port           int        `env:"PORT" envDefault:"8080" doc:"Port of the product."`
	Addr           string     `env:"ADDR" doc:"Address to listen on; empty means all interfaces. make run sets 127.0.0.1."`
	AdminAddr      string     `env:"ADMIN_ADDR" envDefault:"127.0.0.1:9090" doc:"Listener of /metrics and pprof; off switches it off. Keep it private. A taken port is a warning in development."`
	LogLevel       slog.Level `env:"LOG_LEVEL" envDefault:"info" doc:"debug, info, warn or error."`
	LogFormat      string     `env:"LOG_FORMAT" envDefault:"text" doc:"text for people, json for machines."`
	OTLPEndpoint   string     `env:"OTEL_EXPORTER_OTLP_ENDPOINT" doc:"Base address of an OpenTelemetry collector (OTLP over HTTP) that takes traces, e.g. http://localhost:4318. Empty: nothing is traced."`
	DataDir        string     `env:"DATA_DIR" envDefault:"./data" doc:"Folder of the embedded store and of secrets made in development. One process at a time."`
	AuditKeyFile   string     `env:"AUDIT_KEY_FILE" doc:"File with the secret of the record (Ed25519, PKCS#8 PEM): it signs the chain's checkpoints and wraps the keys of personal values. Empty: audit_key under DATA_DIR, made at the first start; on MongoDB, where several processes need the same one, a key kept in the store, which protects less. Processes on one store share the file, and a copy of it belongs apart from the store's."`
	CheckpointFile string     `env:"AUDIT_CHECKPOINT_FILE" doc:"File to which kept checkpoints of the record are appended, one line of JSON each; put it where whoever may write to the store may not. Empty: they are in the store and in the log alone."`
	DemoData       string     `env:"DEMO_DATA" envDefault:"off" doc:"off, on (a demonstration cinema, topped up each business day) or lively (with live demonstration holds)."`
	JWTSecret      string     `env:"JWT_SECRET" secret:"true" doc:"At least 32 characters. Signs API tokens and seals cookies. In development one is made under DATA_DIR when there is none."`
	JWTPrevious    string     `env:"JWT_SECRET_PREVIOUS" secret:"true" doc:"The secret before the last rotation: verifies only."`
	JWTKeyFile     string     `env:"JWT_PRIVATE_KEY_FILE" doc:"File with an Ed25519 private key (PKCS#8 PEM) that signs access tokens instead of JWT_SECRET, so that others can verify them by /.well-known/jwks.json. Keys after the first one only verify."`

	FrontendURL string   `env:"FRONTEND_URL" doc:"Origin of the web app when it is not the product's own, e.g. http://localhost:5173. Empty: the product's own origin."`
	CORSOrigins []string `env:"CORS_ORIGINS" doc:"Comma-separated origins that may call the API and open sockets."`
	AdminEmails []string `env:"ADMIN_EMAILS" doc:"Comma-separated verified addresses that are ADMIN while they are listed."`
	Proxies     []string `env:"TRUSTED_PROXIES" doc:"Comma-separated addresses or networks of proxies whose X-Forwarded-For is believed (X-Real-IP where there is none): what the last of them wrote counts, so each must set it or add to it."`

	GoogleID       string `env:"GOOGLE_CLIENT_ID" doc:"Client id of the identity provider."`
	GoogleSecret   string `env:"GOOGLE_CLIENT_SECRET" secret:"true" doc:"Client secret of the identity provider."`
	GoogleRedirect string `env:"GOOGLE_REDIRECT_URL" doc:"Callback address registered with the provider: it ends in /api/auth/google/callback. Empty: FRONTEND_URL with that path, or in development http://localhost:PORT."`
	OIDCIssuer     string `env:"OIDC_ISSUER" envDefault:"https://accounts.google.com" doc:"Issuer of the identity provider, exactly as it writes itself. https, or a provider on this machine."`

	MongoURI        string `env:"MONGO_URI" secret:"true" doc:"Address of MongoDB, a replica set of one or more. Empty: the embedded store, a SQLite file under DATA_DIR."`
	MongoStandalone bool   `env:"MONGO_ALLOW_STANDALONE" doc:"Accepts a MongoDB server that is no replica set. It can lose what it acknowledged: for tests only."`
	RedisAddr       string `env:"REDIS_ADDR" doc:"Address of Redis 7 or newer; several, comma-separated, for Sentinel and Cluster. Empty: the in-memory hold engine."`
	RedisMode       string `env:"REDIS_MODE" envDefault:"single" doc:"single, sentinel or cluster."`
	RedisMaster     string `env:"REDIS_SENTINEL_MASTER" doc:"Name of the master when REDIS_MODE is sentinel."`
	RedisPassword   string `env:"REDIS_PASSWORD" secret:"true" doc:"Password of Redis."`

	LockTTL       int    `env:"SEAT_LOCK_TTL_SECONDS" envDefault:"300" doc:"Life of a hold, in seconds."`
	Extension     int    `env:"HOLD_EXTENSION_SECONDS" envDefault:"120" doc:"What one \"I need more time\" adds, in seconds."`
	MaxHold       int    `env:"MAX_HOLD_SECONDS" envDefault:"1500" doc:"No hold without an open booking lives longer than this, in seconds from the first moment its owner held the seat."`
	PaymentWindow int    `env:"PAYMENT_WINDOW_SECONDS" envDefault:"600" doc:"Time to pay once seats are reserved, in seconds. A declined card does not move it."`
	MaxSeats      int    `env:"MAX_SEATS" envDefault:"8" doc:"Seats an owner may hold in one showtime."`
	GuestCheckout bool   `env:"GUEST_CHECKOUT" envDefault:"true" doc:"Whether guests may buy with a name and an address."`
	ContactDays   int    `env:"CONTACT_RETENTION_DAYS" envDefault:"90" doc:"How long name and address stay in the bookings of guests after the show, in days. Then they are taken out; bookings of people with an account keep theirs."`
	RateLimits    string `env:"RATE_LIMITS" doc:"Changes to the default quotas, e.g. lock=60/1m,confirm=20/1m,sockets=5. Names: lock, confirm, changes, reads, exports, connects (per user, and twenty times that per address), signin, guests, lookup, reports (per address), and the counts sockets (per user) and allsockets (of the process). Shared by all processes where there is Redis. off (development only) lifts all of them."`

	PaymentProvider string `env:"PAYMENT_PROVIDER" envDefault:"mock" doc:"mock or stripe."`
	AllowMock       bool   `env:"ALLOW_MOCK_PAYMENTS" doc:"Lets a production process start with the mock provider, which moves no money."`
	StripeKey       string `env:"STRIPE_SECRET_KEY" secret:"true" doc:"Secret key of Stripe."`
	StripeWebhook   string `env:"STRIPE_WEBHOOK_SECRET" secret:"true" doc:"Signing secret of Stripe's webhooks."`
	StripeBase      string `env:"STRIPE_API_BASE" doc:"Another address of Stripe's API, for tests."`

	WSQueryToken bool `env:"WS_ALLOW_QUERY_TOKEN" doc:"Accepts ?token=<jwt> on the WebSocket, as older clients send it. The token then stands in proxies' logs."`

	warnings []string // of the files that hold secrets
}

// Development tells whether the conveniences of development are open.
func (c *Config) Development() bool { return c.Env == "development" }

// HoldTTL is the life of a hold.
func (c *Config) HoldTTL() time.Duration { return time.Duration(c.LockTTL) * time.Second }

// HoldExtension is what one extension adds.
func (c *Config) HoldExtension() time.Duration { return time.Duration(c.Extension) * time.Second }

// MaxHoldFor is the longest life of a hold without a booking.
func (c *Config) MaxHoldFor() time.Duration { return time.Duration(c.MaxHold) * time.Second }

// ContactsFor is how long contacts of guests are kept after the show.
func (c *Config) ContactsFor() time.Duration { return time.Duration(c.ContactDays) * 24 * time.Hour }

// PayWindow is the time to pay once seats are reserved.
func (c *Config) PayWindow() time.Duration { return time.Duration(c.PaymentWindow) * time.Second }
