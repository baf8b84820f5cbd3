package verify_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

// brief is the environment file that an operator is told to begin with.
const brief = `APP_ENV=development
PORT=8080
MONGO_URI=mongodb://mongo:27017/cinema
REDIS_ADDR=redis:6379
JWT_SECRET=change-me-32chars-min
FRONTEND_URL=http://localhost:5173
CORS_ORIGINS=http://localhost:5173
GOOGLE_CLIENT_ID=your-google-client-id
GOOGLE_CLIENT_SECRET=your-google-client-secret
GOOGLE_REDIRECT_URL=http://localhost:8080/api/auth/google/callback
LOG_LEVEL=debug
SEAT_LOCK_TTL_SECONDS=300
ADMIN_EMAILS=admin@example.com
`

func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	return root
}

// load resolves the composition as `docker compose config` does, in a folder that holds a .env file or none.
func load(t *testing.T, env string, profiles ...string) *types.Project {
	t.Helper()
	p, err := read(t, env, profiles, "compose.yaml")
	require.NoError(t, err)
	return p
}

// read resolves composition files one over the other.
func read(t *testing.T, env string, profiles []string, files ...string) (*types.Project, error) {
	t.Helper()
	folder, root := t.TempDir(), repository(t)
	for _, beside := range []string{"compose.yaml", "deploy"} {
		require.NoError(t, os.Symlink(filepath.Join(root, beside), filepath.Join(folder, beside)))
	}
	for i := range files {
		files[i] = filepath.Join(folder, files[i])
	}
	options := []cli.ProjectOptionsFn{cli.WithWorkingDirectory(folder), cli.WithProfiles(profiles)}
	if env != "" {
		file := filepath.Join(folder, ".env")
		require.NoError(t, os.WriteFile(file, []byte(env), 0o600))
		options = append(options, cli.WithEnvFiles(file), cli.WithDotEnv)
	}
	o, err := cli.NewProjectOptions(files, options...)
	require.NoError(t, err)
	return o.LoadProject(t.Context())
}

func service(t *testing.T, p *types.Project, name string) types.ServiceConfig {
	t.Helper()
	s, err := p.GetService(name)
	require.NoError(t, err)
	return s
}

func value(t *testing.T, s types.ServiceConfig, name string) string {
	t.Helper()
	v, ok := s.Environment[name]
	require.True(t, ok && v != nil, "%s has no %s", s.Name, name)
	return *v
}

func published(s types.ServiceConfig) []string {
	var out []string
	for _, p := range s.Ports {
		out = append(out, p.HostIP+":"+p.Published)
	}
	return out
}

func TestCompose_has_the_services_and_ports_that_are_promised(t *testing.T) {
	t.Parallel()
	for _, env := range []string{"", brief} {
		p := load(t, env)
		require.ElementsMatch(t, []string{"mongo", "redis", "backend", "frontend"}, p.ServiceNames())
		require.Equal(t, []string{"127.0.0.1:8080"}, published(service(t, p, "backend")))
		require.Equal(t, []string{"127.0.0.1:5173"}, published(service(t, p, "frontend")))
		require.Equal(t, []string{"127.0.0.1:27017"}, published(service(t, p, "mongo")))
		require.Equal(t, []string{"127.0.0.1:6379"}, published(service(t, p, "redis")))
	}
}

func TestCompose_takes_the_sample_environment_as_it_is(t *testing.T) {
	t.Parallel()
	b := service(t, load(t, brief), "backend")
	for line := range strings.Lines(brief) {
		name, want, _ := strings.Cut(strings.TrimSpace(line), "=")
		require.Equal(t, want, value(t, b, name), name)
	}
}

func TestCompose_works_without_an_environment_file(t *testing.T) {
	t.Parallel()
	b := service(t, load(t, ""), "backend")
	require.Equal(t, "development", value(t, b, "APP_ENV"))
	require.Equal(t, "mongodb://mongo:27017/cinema", value(t, b, "MONGO_URI"))
	require.Equal(t, "redis:6379", value(t, b, "REDIS_ADDR"))
	require.NotContains(t, b.Environment, "JWT_SECRET", "a secret in a file of the repository is none")
}

func TestCompose_the_sample_of_the_repository_does_not_lock_the_backend_in(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(repository(t), ".env.example"))
	require.NoError(t, err)
	b := service(t, load(t, string(raw)), "backend")
	require.Equal(t, "0.0.0.0", value(t, b, "ADDR"), "on loopback nobody outside of the container reaches it")
	require.Equal(t, "/data", value(t, b, "DATA_DIR"))
	require.Equal(t, "redis:6379", value(t, b, "REDIS_ADDR"), "an empty value means the composition's own")
}

func TestCompose_publishes_on_loopback_alone(t *testing.T) {
	t.Parallel()
	for name, s := range load(t, "", "observability", "mail").Services {
		for _, p := range s.Ports {
			require.Equal(t, "127.0.0.1", p.HostIP, "%s publishes %s to the world", name, p.Published)
		}
	}
}

func TestCompose_another_port_moves_the_published_one(t *testing.T) {
	t.Parallel()
	b := service(t, load(t, "PORT=9000\n"), "backend")
	require.Equal(t, []string{"127.0.0.1:9000"}, published(b))
	require.Equal(t, "8080", value(t, b, "PORT"))
}

func TestCompose_starts_in_order_and_watches_over_what_runs(t *testing.T) {
	t.Parallel()
	p := load(t, "", "observability", "mail")
	require.Equal(t, types.ServiceConditionHealthy, service(t, p, "backend").DependsOn["mongo"].Condition)
	require.Equal(t, types.ServiceConditionHealthy, service(t, p, "backend").DependsOn["redis"].Condition)
	require.Equal(t, types.ServiceConditionHealthy, service(t, p, "frontend").DependsOn["backend"].Condition)
	for name, s := range p.Services {
		require.Equal(t, "unless-stopped", s.Restart, name)
		if name == "jaeger" { // its image holds nothing that could ask
			continue
		}
		require.NotNil(t, s.HealthCheck, name)
		require.NotEmpty(t, s.HealthCheck.Test, name)
	}
}

func TestCompose_the_stores_keep_what_they_acknowledge(t *testing.T) {
	t.Parallel()
	p := load(t, "")
	mongo, redis := service(t, p, "mongo"), service(t, p, "redis")
	require.Equal(t, "mongo:8", mongo.Image)
	require.Contains(t, strings.Join(mongo.Command, " "), "--replSet rs0")
	require.Contains(t, strings.Join(mongo.HealthCheck.Test, " "), "rs.initiate")
	require.Equal(t, "redis:7", redis.Image)
	require.Contains(t, strings.Join(redis.Command, " "), "--appendonly yes")
	require.Contains(t, strings.Join(redis.Command, " "), "--maxmemory-policy noeviction")
	for _, s := range []types.ServiceConfig{mongo, redis, service(t, p, "backend")} {
		require.True(t, slices.ContainsFunc(s.Volumes, func(v types.ServiceVolumeConfig) bool { return v.Type == "volume" }), s.Name)
	}
}

func TestCompose_what_we_build_runs_without_rights(t *testing.T) {
	t.Parallel()
	p := load(t, "")
	for _, name := range []string{"backend", "frontend"} {
		s := service(t, p, name)
		require.True(t, s.ReadOnly, name)
		require.Equal(t, []string{"ALL"}, []string(s.CapDrop), name)
		require.NotNil(t, s.Build, name)
		file, err := os.ReadFile(filepath.Join(repository(t), s.Build.Dockerfile))
		require.NoError(t, err)
		require.Contains(t, string(file), "\nUSER 65532:65532\n", name)
		require.Contains(t, string(file), "\nHEALTHCHECK ", name)
	}
}

func TestCompose_mounts_only_what_exists(t *testing.T) {
	t.Parallel()
	for name, s := range load(t, "", "observability", "mail").Services {
		for _, v := range s.Volumes {
			if v.Type == "bind" {
				_, err := os.Stat(v.Source)
				require.NoError(t, err, name)
			}
		}
	}
}

func TestCompose_at_scale_all_processes_share_one_secret(t *testing.T) {
	t.Parallel()
	files := []string{"compose.yaml", "deploy/compose.scale.yaml"}
	_, err := read(t, "", nil, slices.Clone(files)...)
	require.ErrorContains(t, err, "JWT_SECRET")

	p, err := read(t, "JWT_SECRET=one-secret-for-all-of-the-processes\n", []string{"demo"}, slices.Clone(files)...)
	require.NoError(t, err)
	backend, worker := service(t, p, "backend"), service(t, p, "worker")
	require.Equal(t, 3, *backend.Deploy.Replicas)
	require.Empty(t, backend.Ports, "one port of the machine cannot lead to three containers")
	require.Equal(t, []string{"serve", "--workers=off"}, []string(backend.Command))
	require.Equal(t, []string{"worker"}, []string(worker.Command))
	require.Equal(t, "off", value(t, backend, "DEMO_DATA"), "three servers must not write the demonstration at the same time")
	for _, name := range []string{"JWT_SECRET", "MONGO_URI", "REDIS_ADDR"} {
		require.Equal(t, value(t, backend, name), value(t, worker, name), name)
	}
	for _, process := range []types.ServiceConfig{backend, worker} { // one key of the record for all
		require.Equal(t, "/data", value(t, process, "DATA_DIR"))
		require.True(t, slices.ContainsFunc(process.Volumes, func(v types.ServiceVolumeConfig) bool {
			return v.Source == "backend-data" && v.Target == "/data" && !v.ReadOnly
		}), process.Name)
	}
	require.Equal(t, types.ServiceConditionCompletedSuccessfully, backend.DependsOn["seed"].Condition)
	require.Equal(t, types.ServiceConditionHealthy, backend.DependsOn["mongo"].Condition)
}

// A composition with a misspelt member must not pass: otherwise the checks above prove little.
func TestCompose_a_misspelt_member_is_found(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(repository(t), "compose.yaml"))
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "compose.yaml")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(raw), "healthcheck:", "healthchek:", 1)), 0o600))
	o, err := cli.NewProjectOptions([]string{file})
	require.NoError(t, err)
	_, err = o.LoadProject(t.Context())
	require.ErrorContains(t, err, "healthchek")
}
