/** What the leases and the registry of sessions ask of Redis; the keys of one script are in one slot. */
export interface RedisCommands {
  eval(script: string, numberOfKeys: number, ...keysAndValues: (string | number)[]): Promise<unknown>
  smembers(key: string): Promise<string[]>
  pexpire(key: string, milliseconds: number): Promise<number>
  zrem(key: string, member: string): Promise<number>
}
