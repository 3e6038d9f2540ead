/** What the tests read of the packaging configuration. */
declare const config: {
  readonly files: readonly string[];
  readonly extraResources: readonly {
    readonly from: string;
    readonly to: string;
    readonly filter: readonly string[];
  }[];
  readonly electronFuses: Readonly<Record<string, boolean>>;
  readonly fileAssociations: readonly Readonly<Record<string, string>>[];
  readonly nsis: { readonly perMachine: boolean };
};
export default config;
