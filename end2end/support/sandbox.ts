// The sandbox as a test sees it: GitHub's own API for what is true, `/_sandbox/` for what to make happen.

export interface JournalEntry {
  n: number;
  method: string;
  path: string;
  user: string | null;
  body: string | null;
  status: number;
}

export class Sandbox {
  private token: string | undefined;

  constructor(readonly url: string) {}

  /** Calls a control under `/_sandbox/`. */
  async control<T = unknown>(path: string, body?: unknown, method = body === undefined ? "GET" : "POST"): Promise<T> {
    const answer = await fetch(`${this.url}/_sandbox/${path}`, {
      method,
      headers: { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} /_sandbox/${path}: ${answer.status} ${await answer.text()}`);
    const text = await answer.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }

  /** Reads GitHub's API as the administrator. */
  async api<T>(path: string): Promise<T> {
    return this.send("GET", path);
  }

  /** Calls GitHub's API as the administrator. */
  async send<T>(method: string, path: string, body?: unknown): Promise<T> {
    this.token ??= (await this.control<{ token: string }>("token", { login: "admin", scopes: ["repo"] })).token;
    const headers = { authorization: `Bearer ${this.token}`, "content-type": "application/json" };
    const answer = await fetch(`${this.url}${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** A plan of acme/widgets whose text is the issue's body; answers its number. */
  async plan(title: string, text: string): Promise<number> {
    const issue = { title: `[erk-plan] ${title}`, body: text, labels: ["erk-plan"] };
    return (await this.send<{ number: number }>("POST", "/repos/acme/widgets/issues", issue)).number;
  }

  /** The writes that reached the sandbox, by path, without those of the workflow's own jobs. */
  async journal(): Promise<JournalEntry[]> {
    return this.control<JournalEntry[]>("journal");
  }
}
