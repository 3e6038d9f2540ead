/** What the tests read of the packaging configuration. */
declare const config: {
  readonly files: readonly string[];
  readonly extraResources: readonly {
    readonly from: string;
    readonly to: string;
    readonly filter: readonly string[];
  }[];
};
export default config;
