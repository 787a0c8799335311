"""Keywords for Robot Framework: `Library    profiler.robot.ProfilerLibrary`."""

from profiler.robot.library import ProfilerLibrary

__all__ = ["ProfilerLibrary"]
