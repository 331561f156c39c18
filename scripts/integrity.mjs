/**
 * Bytes that nothing vouches for do not ship. The lock file lacks the hash of a binary that the registry in use did not
 * have when it was written.
 *
 * @param {string} target VS Code's name of the platform
 * @param {readonly string[]} locations of the packages that ship, as the lock file names them
 * @param {Readonly<Record<string, { integrity?: string }>>} locked packages of the lock file
 * @throws Error: names the packages without a hash
 */
export function checkIntegrity(target, locations, locked) {
  const unknown = locations.filter((location) => locked[location]?.integrity === undefined);
  if (unknown.length > 0)
    throw new Error(
      `${target} cannot be packaged: package-lock.json has no integrity for ${unknown.join(', ')}. ` +
        'Lock it again with a registry that has them.',
    );
}
