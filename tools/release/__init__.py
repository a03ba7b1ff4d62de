"""What releasing the template needs: who owns what, the manifest, the contract, the version."""
