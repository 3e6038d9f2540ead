export const NOTICES: string;
export function notices(): string;
