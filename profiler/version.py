"""The project's version: part of every generated file and every result's identity."""

VERSION = "0.1.0"
