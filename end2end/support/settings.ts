// All that the browser tests set; everything else is what somebody gets who types `make run`.

/** The settings of one test's server, each with the reason why it is not the default. */
export function testSettings(port: number, sandboxPort: number): Record<string, string> {
  return {
    // Tests run beside each other, and beside somebody's own `make run`.
    WAYMARK_ADDR: `127.0.0.1:${port}`,
    WAYMARK_SANDBOX_ADDR: `127.0.0.1:${sandboxPort}`,
  };
}
