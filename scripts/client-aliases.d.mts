/** For Vite's `resolve.alias`. */
export const clientAliases: { find: RegExp; replacement: string }[]
