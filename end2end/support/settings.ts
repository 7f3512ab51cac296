// All that the browser tests set, each with the reason why it is not the default; everything else is what somebody
// gets who types `make run`.

/** Tests run beside each other, and beside somebody's own `make run`. */
export const addresses = (port: number, sandboxPort: number): Record<string, string> => ({
  WAYMARK_ADDR: `127.0.0.1:${port}`,
  WAYMARK_SANDBOX_ADDR: `127.0.0.1:${sandboxPort}`,
});

/** Tests make the plans that they look at; the demo's would stand between. The README's own test has the demo. */
export const bare = { WAYMARK_SANDBOX_WORLD: "bare" };
