/**
 * The endpoints of this machine: their settings and their keys. A workspace can name an endpoint, but it cannot define
 * one: the setting has machine scope, and keys are in the editor's secret storage.
 */
import { checkedKey } from '../sources/endpoint/key';
import * as vscode from 'vscode';
import * as z from 'zod';
import { UserError } from '../core/user-error';
import { SETTINGS_SECTION, type SettingName } from '../protocol/manifest';
import { EndpointSource } from '../sources/endpoint/endpoint-source';
import { SYSTEM_CLOCK } from '../sources/endpoint/pace';
import { endpointFrom, type Endpoint, type EndpointSetting } from '../sources/endpoint/settings';

const SETTING: SettingName = 'endpoints';

export class Endpoints {
  /** One source for each endpoint, so that all requests to it share one pace. */
  private readonly sources = new Map<string, EndpointSource>();

  constructor(private readonly secrets: vscode.SecretStorage) {}

  /** The endpoints that can be used, and the problems of the others. */
  list(): { readonly endpoints: readonly Endpoint[]; readonly problems: readonly UserError[] } {
    const endpoints: Endpoint[] = [];
    const problems: UserError[] = [];
    for (const value of settingValues())
      try {
        endpoints.push(endpointFrom(value));
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        problems.push(error);
      }
    return { endpoints, problems };
  }

  /** @throws UserError `endpoint-missing`, or a problem of the setting that may be the cause */
  source(name: string): EndpointSource {
    const { endpoints, problems } = this.list();
    const endpoint = endpoints.find((entry) => entry.name === name);
    if (endpoint === undefined)
      throw (
        problems[0] ??
        new UserError(
          'endpoint-missing',
          `There is no endpoint "${name}" on this machine. Run Add Endpoint… to add it, or choose another classifier.`,
        )
      );
    const id = JSON.stringify(endpoint);
    const known = this.sources.get(id);
    if (known !== undefined) return known;
    const source = this.sourceOf(endpoint, () => this.key(endpoint));
    this.sources.set(id, source);
    return source;
  }

  /** An endpoint in words, from its setting; no request is sent. */
  describe(name: string): { readonly name: string; readonly inWords: string; readonly problem?: string } {
    const { endpoints, problems } = this.list();
    const endpoint = endpoints.find((entry) => entry.name === name);
    if (endpoint !== undefined)
      return { name, inWords: `endpoint ${name}: ${endpoint.model} at ${endpoint.address}` };
    const missing = `There is no endpoint "${name}" on this machine. Run Add Endpoint… to add it.`;
    return { name, inWords: `endpoint ${name}`, problem: problems[0]?.message ?? missing };
  }

  /** An endpoint that is not in the settings yet, with a key that is not stored yet. */
  trial(setting: EndpointSetting, key: string | undefined): EndpointSource {
    return this.sourceOf(endpointFrom(setting), () => Promise.resolve(key));
  }

  key(endpoint: Endpoint): Promise<string | undefined> {
    return Promise.resolve(this.secrets.get(secretName(endpoint)));
  }

  /**
   * @param key undefined to delete the stored key
   * @throws UserError endpoint-key: it cannot be a key
   */
  async setKey(endpoint: Endpoint, key: string | undefined): Promise<void> {
    const checked = checkedKey(key);
    if (checked === undefined) await this.secrets.delete(secretName(endpoint));
    else await this.secrets.store(secretName(endpoint), checked);
  }

  async add(setting: EndpointSetting): Promise<void> {
    await write([...settingValues().filter((value) => nameOf(value) !== setting.name), setting]);
  }

  /** Removes an endpoint and its key. */
  async remove(endpoint: Endpoint): Promise<void> {
    await this.setKey(endpoint, undefined);
    await write(settingValues().filter((value) => nameOf(value) !== endpoint.name));
  }

  private sourceOf(endpoint: Endpoint, key: () => Promise<string | undefined>): EndpointSource {
    return new EndpointSource(endpoint, { key, clock: SYSTEM_CLOCK, random: Math.random });
  }
}

/** A key belongs to a server. If the address changes, the key must be entered again. */
function secretName({ name, address }: Endpoint): string {
  return `${SETTINGS_SECTION}.endpointKey/${name}@${new URL(address).origin}`;
}

/** What the person set for this machine, without anything from a workspace. */
function settingValues(): readonly unknown[] {
  const value = vscode.workspace.getConfiguration(SETTINGS_SECTION).inspect<unknown>(SETTING)?.globalValue;
  return z.array(z.unknown()).catch([]).parse(value);
}

function nameOf(value: unknown): string | undefined {
  return z.object({ name: z.string() }).safeParse(value).data?.name;
}

async function write(values: readonly unknown[]): Promise<void> {
  await vscode.workspace
    .getConfiguration(SETTINGS_SECTION)
    .update(SETTING, values.length === 0 ? undefined : values, vscode.ConfigurationTarget.Global);
}
