export function describeSchema(
  query: (statement: string, parameters: readonly unknown[]) => Promise<readonly object[]>,
): Promise<string>
