#!/usr/bin/env bash
# The longest help, in both forms.
w2b train -h
echo "-----"
w2b train --help
