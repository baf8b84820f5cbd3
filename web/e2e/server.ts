import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

/** The built product. */
export const binary = process.env.CINEMA_BIN ?? resolve(import.meta.dirname, '../../bin/cinema')

/** One run of the built binary in a folder of its own. Its data survive kill() and up(). */
export class Server {
  url = ''
  admin = ''
  private child: ChildProcess | undefined
  private ended: Promise<void> = Promise.resolve()
  private readonly dir = mkdtempSync(join(tmpdir(), 'cinema-e2e-'))
  private readonly env: Record<string, string>
  private port = '0'

  constructor(env: Record<string, string> = {}) {
    this.env = env
    // The demonstration cinema is made once for the whole run and copied.
    if (process.env.CINEMA_SEED)
      cpSync(process.env.CINEMA_SEED, join(this.dir, 'data'), { recursive: true })
  }

  /** Changes a setting before the next start. */
  set(name: string, value: string): void {
    this.env[name] = value
  }

  /** Starts the process and waits until it listens. A second start keeps the port, so that open pages find it again. */
  async up(): Promise<void> {
    const child = spawn(binary, ['serve'], {
      cwd: this.dir,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: this.dir,
        APP_ENV: 'development',
        ADDR: '127.0.0.1',
        PORT: this.port,
        ADMIN_ADDR: '127.0.0.1:0',
        DATA_DIR: join(this.dir, 'data'),
        DEMO_DATA: 'on',
        ADMIN_EMAILS: 'admin@example.com',
        LOG_FORMAT: 'json',
        RATE_LIMITS: 'off',
        ...this.env,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.child = child
    this.ended = new Promise((done) => {
      child.once('exit', () => {
        done()
      })
    })
    const lines: string[] = []
    await new Promise<void>((listening, failed) => {
      child.once('exit', () => {
        failed(new Error(`the server ended at its start:\n${lines.join('\n')}`))
      })
      createInterface({ input: child.stderr }).on('line', (line) => {
        lines.push(line)
        if (lines.length > 200) lines.shift()
        const at = parse(line)
        if (at) {
          this.url = `http://${at.addr}`
          this.admin = `http://${at.admin}`
          this.port = at.addr.split(':')[1] ?? '0'
          listening()
        }
      })
    })
  }

  /** Ends the process as a power cut would. */
  async kill(): Promise<void> {
    this.child?.kill('SIGKILL')
    await this.ended
  }

  /** Ends the process and removes its folder. */
  async stop(): Promise<void> {
    this.child?.kill('SIGTERM')
    await this.ended
    rmSync(this.dir, { recursive: true, force: true })
  }
}

function parse(line: string): { addr: string; admin: string } | undefined {
  try {
    const entry = JSON.parse(line) as { msg?: string; addr?: string; admin?: string }
    if (entry.msg === 'listening' && entry.addr)
      return { addr: entry.addr, admin: entry.admin ?? '' }
  } catch {
    // Not a log line of ours.
  }
  return undefined
}
