# The app on a public host: docker build -t lab . && docker run -p 8501:8501 lab
FROM python:3.11.9-slim-bookworm
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN useradd --create-home lab
USER lab
# All users share one processor, so training is off. To allow it: docker run -e LAB_TRAINING=on
ENV LAB_TRAINING=off
EXPOSE 8501
HEALTHCHECK --start-period=30s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://localhost:8501/_stcore/health')"]
# 40 MB are enough for a photo or a network. Only the lesson's data sets are larger, and they are for training.
CMD ["streamlit", "run", "streamlit_app.py", "--server.address=0.0.0.0", "--server.port=8501", "--server.maxUploadSize=40"]
