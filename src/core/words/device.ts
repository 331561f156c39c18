/** The device that computes, in words that the status bar, the result view and the command line share. */

/** As much of the engine's report as the words need (src/protocol/engine.ts, Device). */
export interface DeviceReport {
  readonly backend: 'cpu' | 'metal' | 'cuda' | 'vulkan';
  /** What the driver calls the devices; empty on the CPU. */
  readonly names: readonly string[];
  readonly offloadedLayers: number;
  readonly totalLayers: number;
  readonly threads: number;
}

const BACKEND_NAMES = { cpu: 'CPU', metal: 'Metal', cuda: 'CUDA', vulkan: 'Vulkan' };

/** "CPU, 2 threads"; "NVIDIA GeForce RTX 4090, 19 of 19 layers". Drivers' names are shown as they are. */
export function deviceInWords(device: DeviceReport): string {
  const { backend, names, offloadedLayers, totalLayers, threads } = device;
  if (backend === 'cpu') return `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const gpu = names.length === 0 ? `${BACKEND_NAMES[backend]} GPU` : countedNames(names).join(' + ');
  return `${gpu}, ${offloadedLayers} of ${totalLayers} layers`;
}

/** Equal cards are told by their number: "2 × NVIDIA L4". */
function countedNames(names: readonly string[]): string[] {
  return [...new Set(names)].map((name) => {
    const count = names.filter((other) => other === name).length;
    return count === 1 ? name : `${count} × ${name}`;
  });
}
