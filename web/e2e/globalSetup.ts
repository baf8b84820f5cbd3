import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary } from './server'

/** Makes the demonstration cinema once; every server starts on a copy of it. */
export default function seed(): () => void {
  const dir = mkdtempSync(join(tmpdir(), 'cinema-seed-'))
  execFileSync(binary, ['seed'], {
    cwd: dir,
    env: {
      PATH: process.env.PATH,
      APP_ENV: 'development',
      DATA_DIR: join(dir, 'data'),
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  process.env.CINEMA_SEED = join(dir, 'data')
  return () => {
    rmSync(dir, { recursive: true, force: true })
  }
}
