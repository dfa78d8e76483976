# A thin layer over course.py, which also works without make: python course.py lab
# Options: make lab ARGS="--no-browser", make test ARGS="-k letters".
PYTHON ?= $(or $(shell command -v python3 || command -v python),python3)
COMMANDS = lab reset test bench timings claims setup instructors student site slides offline-kit lock clean

.PHONY: $(COMMANDS)
$(COMMANDS):
	@"$(PYTHON)" course.py $@ $(ARGS)
