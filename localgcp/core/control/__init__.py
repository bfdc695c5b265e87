"""Control of a running server: faults, holds, lifecycle, the admin calls, its status."""
