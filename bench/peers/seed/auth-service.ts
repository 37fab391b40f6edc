import { Injectable } from '@nestjs/common'
import { createTokens, type User } from '../shared/tokens.js'

@Injectable()
export class AuthService {
  readonly #userOf: (token: string) => User

  constructor(secret: string) {
    this.#userOf = createTokens(secret)
  }

  async verifyAccessToken(token: string): Promise<User> {
    return this.#userOf(token)
  }
}
