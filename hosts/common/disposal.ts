// The end of what a container has made.

import type { DependencyContainer } from "tsyringe";

interface Disposable {
  dispose(): unknown;
}

/**
 * Disposes of each service that the container has made, and settles when all are done. `failed` is told what one throws or
 * rejects with. The container alone would leave out those that come after one that throws, and not wait for those before it.
 */
export async function disposeOf(container: DependencyContainer, failed: (error: unknown) => void): Promise<void> {
  const { disposables } = container as unknown as { readonly disposables: Set<Disposable> };
  const services = [...disposables];
  disposables.clear();
  // From now on it makes none.
  void container.dispose();
  await Promise.all(
    services.map(async (service) => {
      try {
        await service.dispose();
      } catch (error) {
        failed(error);
      }
    }),
  );
}
