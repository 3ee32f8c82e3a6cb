# The app for a small public host: docker build -t lab . && docker run -p 8501:8501 lab
FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN useradd --create-home lab
USER lab
# Visitors share the processor: they train at home. docker run -e LAB_TRAINING=on lets them.
ENV LAB_TRAINING=off
EXPOSE 8501
HEALTHCHECK --start-period=30s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://localhost:8501/_stcore/health')"]
# 40 MB hold a photo or a network; the lesson's data sets, which need more, are for training.
CMD ["streamlit", "run", "streamlit_app.py", "--server.address=0.0.0.0", "--server.port=8501", "--server.maxUploadSize=40"]
