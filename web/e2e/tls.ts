import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, type Socket, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'

/** A certificate for this machine that nobody else signed. */
export interface Certificate {
  key: string
  cert: string
  /** Where the certificate lies, for those who have to trust it. */
  file: string
  remove: () => void
}

export function makeCertificate(): Certificate {
  const dir = mkdtempSync(join(tmpdir(), 'cinema-tls-'))
  const [keyFile, file] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1'
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=cinema-e2e'],
      ...['-addext', names, '-keyout', keyFile, '-out', file],
    ],
    { stdio: 'ignore' },
  )
  return {
    key: readFileSync(keyFile, 'utf8'),
    cert: readFileSync(file, 'utf8'),
    file,
    remove: () => {
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** A proxy that ends TLS in front of the product, as an installation has one: requests and sockets. */
export class TlsProxy {
  readonly url: string
  private readonly open = new Set<Socket>()

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    private readonly target: number,
  ) {
    this.url = `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`
    server.on('request', (req, res) => {
      const asked = request(this.to(req), (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
        answer.pipe(res)
      })
      asked.on('error', () => {
        if (!res.headersSent) res.writeHead(502)
        res.end()
      })
      req.pipe(asked)
    })
    server.on('upgrade', (req, socket, head) => {
      this.upgrade(req, socket, head)
    })
    server.on('connection', (socket: Socket) => {
      this.open.add(socket)
      socket.once('close', () => this.open.delete(socket))
    })
  }

  /** Listens on a free port for a product that will listen on `target`. */
  static async start(tls: Certificate, target: number): Promise<TlsProxy> {
    const server = createServer({ key: tls.key, cert: tls.cert })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    return new TlsProxy(server, target)
  }

  async stop(): Promise<void> {
    const closed = new Promise((done) => this.server.close(done))
    for (const socket of this.open) socket.destroy()
    await closed
  }

  /** The same request for the product, with what a proxy says about the client. */
  private to(req: IncomingMessage) {
    return {
      host: '127.0.0.1',
      port: this.target,
      method: req.method,
      path: req.url,
      headers: {
        ...req.headers,
        'x-forwarded-for': req.socket.remoteAddress,
        'x-forwarded-proto': 'https',
        'x-forwarded-host': req.headers.host,
      },
    }
  }

  private upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    const through = connect(this.target, '127.0.0.1', () => {
      const { headers } = this.to(req)
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`)
      through.write(
        `${String(req.method)} ${String(req.url)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`,
      )
      through.write(head)
      through.pipe(socket).pipe(through)
    })
    through.on('error', () => socket.destroy())
    socket.on('error', () => through.destroy())
    socket.on('close', () => through.destroy())
  }
}
