import type { INestApplicationContext } from '@nestjs/common'
import { IoAdapter } from '@nestjs/platform-socket.io'
import { createAdapter } from '@socket.io/redis-adapter'
import { Redis } from 'ioredis'
import type { Server, ServerOptions } from 'socket.io'

/** Socket.IO's server with the Redis adapter. */
export class RedisIoAdapter extends IoAdapter {
  readonly #adapter: ReturnType<typeof createAdapter>

  constructor(app: INestApplicationContext, redisUrl: string) {
    super(app)
    // What is published in one turn of the event loop goes out together.
    const publisher = new Redis(redisUrl, { enableAutoPipelining: true })
    this.#adapter = createAdapter(publisher, new Redis(redisUrl))
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const server: Server = super.createIOServer(port, options)
    server.adapter(this.#adapter)
    return server
  }
}
