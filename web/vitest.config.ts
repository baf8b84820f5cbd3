import { defineConfig, mergeConfig } from 'vitest/config'
import viteConfig from './vite.config.ts'

export default mergeConfig(
  viteConfig({ command: 'serve', mode: 'test' }),
  defineConfig({
    test: {
      environment: 'happy-dom',
      include: ['src/**/*.test.ts'],
      setupFiles: ['src/testSetup.ts'],
      restoreMocks: true,
      // The product never depends on the zone of the viewer; tests run far from the cinema's to prove it.
      env: { TZ: 'Asia/Bangkok' },
      pool: 'threads',
      maxWorkers: 2,
      // The first page that a test opens is transformed then; a busy machine takes its time for that.
      testTimeout: 30_000,
    },
  }),
)
