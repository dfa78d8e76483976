# The course in a container:
#   docker build -t tlcourse .
#   docker run --rm -p 8888:8888 -v tlcourse-my:/course/my -v tlcourse-data:/course/data/cache tlcourse
# The two volumes keep your notebooks, your progress and what was computed.
FROM python:3.11-slim
WORKDIR /course
COPY . .
RUN python course.py setup
EXPOSE 8888
CMD ["python", "course.py", "lab", "--ip=0.0.0.0", "--no-browser"]
