import uWS from 'uWebSockets.js'

/** What this release of uWebSockets.js has and its types do not say. */
declare module 'uWebSockets.js' {
  interface TemplatedApp {
    listen(
      host: string,
      port: number,
      options: ListenOptions,
      callback: (socket: us_listen_socket | false) => void,
    ): TemplatedApp
  }
  const LIBUS_LISTEN_DEFAULT: ListenOptions
  const LIBUS_LISTEN_EXCLUSIVE_PORT: ListenOptions
}

export { uWS }
