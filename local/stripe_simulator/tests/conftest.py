from stripe_simulator.testing.fixtures import receiver, sdk, shop, simulator, simulator_live

__all__ = ["receiver", "sdk", "shop", "simulator", "simulator_live"]
